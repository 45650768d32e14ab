//! Who does something: a visitor, an agent or a bot.

use crate::model::{Bot, Contact, SenderType, User};
use crate::serializers::contact;
use crate::serializers::sender::Pushed;
use crate::serializers::user::{self, Availability};
use crate::store::Turn;

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
            Self::User(user) => Some(Pushed::User(user::user(turn, user, Availability::Known))),
            Self::Bot(bot) => Some(Pushed::Bot(user::bot(bot))),
        }
    }

    pub fn pushed(&self, turn: &Turn<'_>) -> Pushed {
        match self {
            Self::Contact(row) => Pushed::Contact(contact::pushed(turn, row)),
            Self::User(user) => Pushed::User(user::user(turn, user, Availability::Known)),
            Self::Bot(bot) => Pushed::Bot(user::bot(bot)),
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

    pub fn name(&self) -> &str {
        match self {
            Self::Contact(contact) => &contact.name,
            Self::User(user) => &user.name,
            Self::Bot(bot) => &bot.name,
        }
    }
}
