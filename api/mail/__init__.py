"""Messages by e-mail: what they say, and how they leave."""
