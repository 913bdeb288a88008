"""How invoices are paid: by bank transfer, or by Stripe. docs/payments.md explains the decisions."""
