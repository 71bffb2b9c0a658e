"""Who is calling, where people and services have identities elsewhere: an identity provider, or a certificate."""
