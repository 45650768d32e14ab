//! Actors: the contact, agent or bot that causes a change.

use crate::model::{Bot, Contact, SenderType, User};
use crate::serializers::contact;
use crate::serializers::sender::EventSender;
use crate::serializers::user::{self, Availability};
use crate::store::Transaction;

#[derive(Clone, Debug)]
pub enum Actor {
    Contact(Contact),
    User(User),
    Bot(Bot),
}

impl Actor {
    /// The `performer` of an event: agents and bots have one, contacts don't.
    pub fn performer(&self, tx: &Transaction<'_>) -> Option<EventSender> {
        match self {
            Self::Contact(_) => None,
            Self::User(user) => Some(EventSender::User(user::for_event(tx, user, Availability::Known))),
            Self::Bot(bot) => Some(EventSender::Bot(user::bot_for_event(bot))),
        }
    }

    /// As events have it as their user.
    pub fn for_event(&self, tx: &Transaction<'_>) -> EventSender {
        match self {
            Self::Contact(row) => EventSender::Contact(contact::for_event(tx, row)),
            Self::User(user) => EventSender::User(user::for_event(tx, user, Availability::Known)),
            Self::Bot(bot) => EventSender::Bot(user::bot_for_event(bot)),
        }
    }

    /// The type and id under which a message keeps its sender.
    pub fn sender(&self) -> (SenderType, i64) {
        match self {
            Self::Contact(contact) => (SenderType::Contact, contact.id),
            Self::User(user) => (SenderType::User, user.id),
            Self::Bot(bot) => (SenderType::AgentBot, bot.id),
        }
    }

    /// The agent, if it is one.
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
