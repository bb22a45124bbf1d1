"""The service: sign-in, pages, JSON and what must be remembered; and one plan folder by itself."""
