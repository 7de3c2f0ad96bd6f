"""What the sandbox knows of the resource types of the Vercel and GitHub providers."""
