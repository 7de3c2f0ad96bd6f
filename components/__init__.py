"""Pulumi components that declare compliant Vercel and GitHub resources."""
