"""Derives the embedded base model and trains the packs that the app loads.

Reading order: `gguf`, `quantise`, `base` (the weights), `tokenizer`, `interactions`, `datasets`, `catalogue` (the data),
`prompt`, `sasrec`, `language_model`, `recommender` (the model), `batches`, `training` (the run), `evaluation` (the numbers),
`pack`, `goldens` (what leaves this package). The formats are those of `docs/formats.md`.
"""
