"""What the words mean: records, enumerations, table specs and parameters. No input or output."""
