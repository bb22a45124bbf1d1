"""What a youth organisation, or whoever else takes part, sees and says."""
