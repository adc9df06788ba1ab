"""Named questions, their answers, and what an answer rests on."""
