"""The sandbox's `vercel` and `github` provider plugins: they behave as the bridged providers do."""
