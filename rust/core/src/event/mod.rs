//! Events: what happened, per profile.
