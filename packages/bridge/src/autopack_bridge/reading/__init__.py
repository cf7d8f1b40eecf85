"""From the old shape: ``map_builder`` and ``map_auditor`` are the entrances, ``payload`` reads the JSON text."""
