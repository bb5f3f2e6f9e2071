"""What the DAO votes and what carries it: updates, proposals, the governor, the offices and the safeguards."""
