"""Companies' sign-ins on the certified implementation `oidc-provider`, one process of Node for each company."""
