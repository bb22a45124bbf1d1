"""Who can sign in and what they are: invitations, roles, passwords."""
