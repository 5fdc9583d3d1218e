"""Mail: what goes out by SMTP or as drafts, and what comes back.  The only home of the mail libraries."""
