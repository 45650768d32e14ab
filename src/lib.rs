//! The natter chat widget.
