//! Which Chatwoot the sandbox answers as: two were recorded, and installations of both ages are in use.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Age {
    /// As 4.0.4 was recorded.
    #[value(name = "4.0")]
    V4_0,
    /// As 4.16.2 was recorded.
    #[value(name = "4.16")]
    V4_16,
}

impl Age {
    /// For how long a contact counts as here after the last sign of them, in seconds; agents: 20 in both.
    pub fn contact_presence_seconds(self) -> i64 {
        match self {
            Self::V4_0 => 20,
            Self::V4_16 => 90,
        }
    }
}
