"""Trading: order books, call auctions, continuous matching, phases and halts."""
