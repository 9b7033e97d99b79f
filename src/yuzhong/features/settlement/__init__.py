"""How a trade is fulfilled: what an order must hold, charges, and delivery versus payment. Rulebook: README.md."""
