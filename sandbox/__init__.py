"""An embedded Vercel and GitHub account for trying, testing and teaching, without a real account."""
