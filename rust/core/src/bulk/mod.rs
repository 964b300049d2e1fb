//! The bulk evaluator: the members of any rule at any time, over all profiles.
