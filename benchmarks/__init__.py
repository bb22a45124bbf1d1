"""What each stage costs, beside a peer in the same run. Nothing here is asserted on."""
