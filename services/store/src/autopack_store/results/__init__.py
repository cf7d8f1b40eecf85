"""What builders and auditors said of attempts."""
