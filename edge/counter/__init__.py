"""What happens at the counter: a request value in, one transaction, a reply value out."""
