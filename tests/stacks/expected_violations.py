"""Which rules `storefront-risky` breaks, and at which resources, by the names it declares them under."""

from typing import Final

STOREFRONT_RISKY: Final[dict[str, frozenset[str]]] = {
    "env-secret-must-be-sensitive": frozenset({"session-secret", "stripe-key-for-checkout"}),
    "env-no-secret-in-public-prefix": frozenset({"stripe-key-for-checkout"}),
    "env-no-plaintext-credential": frozenset({"stripe-key-for-checkout", "stripe-key-for-laptops"}),
    "env-no-cross-boundary-target": frozenset({"database"}),
    "env-provenance-from-secret-manager": frozenset(
        {"session-secret", "stripe-key-for-checkout", "stripe-key-for-laptops"}
    ),
    "env-rotation-age": frozenset({"database"}),
    "secret-in-plain-sink": frozenset({"vercel-token-for-workflows"}),
    "project-deployment-protection": frozenset({"storefront", "back-office"}),
    "firewall-enabled": frozenset({"shop-firewall"}),
    "firewall-owasp-deny": frozenset({"shop-firewall"}),
    "stack-firewall-per-exposed-project": frozenset({"back-office"}),
    "headers-csp-strong": frozenset({"shop-headers"}),
    "headers-hsts-preload-grade": frozenset({"shop-headers"}),
    "headers-cors-safe": frozenset({"api-cors"}),
    "stack-headers-baseline-coverage": frozenset({"storefront", "back-office"}),
    "stack-production-branch-protected": frozenset({"storefront", "back-office", "main-protection"}),
    "repo-secret-scanning": frozenset({"storefront-repository"}),
    "log-drain-complete": frozenset({"shop-logs"}),
    "stack-log-drain-covers-production": frozenset({"storefront", "back-office"}),
}
