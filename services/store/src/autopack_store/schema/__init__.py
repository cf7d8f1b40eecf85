"""The tables, the migrations that make them, and the guardrail: no store on a schema that is not its own."""
