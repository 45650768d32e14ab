//! What happens in the channel, whoever asks for it: contacts come, conversations open and change, messages are said.
//!
//! Every rule runs inside one `Turn`, writes through `store` and leaves its news behind; the two APIs only read
//! requests and shape answers.

pub mod contacts;
pub mod conversations;
pub mod messages;
mod notifications;
pub mod survey;
pub mod telling;
pub mod templates;

use crate::shapes::people::{self, Pushed};
use crate::shapes::{Availability, contact};
use crate::store::Turn;
use crate::store::accounts::{Bot, User};
use crate::store::contacts::Contact;
use crate::store::messages::SenderType;

/// Who does something.
#[derive(Clone, Debug)]
pub enum Actor {
    Contact(Contact),
    User(User),
    Bot(Bot),
}

impl Actor {
    /// As frames name whoever caused them: agents and bots are named, visitors are not.
    pub fn performer(&self, turn: &Turn<'_>) -> Option<Pushed> {
        match self {
            Self::Contact(_) => None,
            Self::User(user) => Some(Pushed::User(people::user(turn, user, Availability::Known))),
            Self::Bot(bot) => Some(Pushed::Bot(people::bot(bot))),
        }
    }

    pub fn pushed(&self, turn: &Turn<'_>) -> Pushed {
        match self {
            Self::Contact(row) => Pushed::Contact(contact::pushed(turn, row)),
            Self::User(user) => Pushed::User(people::user(turn, user, Availability::Known)),
            Self::Bot(bot) => Pushed::Bot(people::bot(bot)),
        }
    }

    pub fn sender(&self) -> (SenderType, i64) {
        match self {
            Self::Contact(contact) => (SenderType::Contact, contact.id),
            Self::User(user) => (SenderType::User, user.id),
            Self::Bot(bot) => (SenderType::AgentBot, bot.id),
        }
    }

    /// The cable token whose frames would only echo what its holder did.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Contact(_) | Self::Bot(_) => None,
        }
    }
}
