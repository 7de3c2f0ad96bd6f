"""What the engine sends is decoded once, dispatched by type, and judged by the rules that speak of it."""
