"""What people and programs are told about approvals: by mail, and by signed webhooks."""
