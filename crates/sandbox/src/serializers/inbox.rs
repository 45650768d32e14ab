//! Inboxes: for visitors and agents.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::Inbox;
use crate::store::Transaction;
use crate::working_hours::Week;

/// An inbox as the client API answers it.
#[derive(Debug, Serialize)]
pub struct ClientInbox {
    identifier: String,
    identity_validation_enabled: bool,
    name: String,
    timezone: String,
    working_hours: Week,
    working_hours_enabled: bool,
    csat_survey_enabled: bool,
    greeting_enabled: bool,
}

pub fn for_client_api(inbox: &Inbox) -> ClientInbox {
    ClientInbox {
        identifier: inbox.identifier.clone(),
        identity_validation_enabled: inbox.hmac_mandatory,
        name: inbox.name.clone(),
        timezone: inbox.timezone.clone(),
        working_hours: inbox.week.clone(),
        working_hours_enabled: inbox.working_hours_enabled,
        csat_survey_enabled: inbox.csat_enabled,
        greeting_enabled: inbox.greeting_enabled,
    }
}

/// An inbox as the application API answers it, with its keys for administrators only.
pub fn for_app_api(tx: &Transaction<'_>, inbox: &Inbox, for_administrator: bool) -> Value {
    let mut inbox_json = json!({
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.id,
        "name": inbox.name,
        "channel_type": "Channel::Api",
        "greeting_enabled": inbox.greeting_enabled,
        "greeting_message": inbox.greeting_message,
        "working_hours_enabled": inbox.working_hours_enabled,
        "enable_email_collect": true,
        "csat_survey_enabled": inbox.csat_enabled,
        "enable_auto_assignment": true,
        "auto_assignment_config": {},
        "out_of_office_message": inbox.out_of_office_message,
        "working_hours": inbox.week,
        "timezone": inbox.timezone,
        "callback_webhook_url": null,
        "allow_messages_after_resolved": true,
        "lock_to_single_conversation": inbox.single_conversation,
        "sender_name_type": "friendly",
        "business_name": null,
        "widget_color": null,
        "website_url": null,
        "welcome_title": null,
        "welcome_tagline": null,
        "web_widget_script": null,
        "website_token": null,
        "selected_feature_flags": null,
        "reply_time": null,
        "messaging_service_sid": null,
        "phone_number": null,
        "webhook_url": inbox.callback_url,
        "inbox_identifier": inbox.identifier,
        "additional_attributes": {},
        "hmac_mandatory": inbox.hmac_mandatory,
        "provider": null
    });
    let Some(fields) = inbox_json.as_object_mut() else { return inbox_json };
    if tx.is_4_16() {
        fields.insert("csat_config".into(), inbox.csat_config.clone().into());
        fields.insert("allowed_domains".into(), Value::Null);
    }
    if for_administrator {
        fields.insert("hmac_token".into(), inbox.hmac_token.clone().into());
        if tx.is_4_16() {
            fields.insert("secret".into(), inbox.callback_secret.clone().into());
        }
    }
    inbox_json
}

/// The whole record, as creating a contact in an inbox answers it.
pub fn record(tx: &Transaction<'_>, inbox: &Inbox) -> Value {
    let mut record = json!({
        "id": inbox.id,
        "channel_id": inbox.id,
        "account_id": inbox.account_id,
        "name": inbox.name,
        "created_at": inbox.created_at.iso(),
        "updated_at": inbox.created_at.iso(),
        "channel_type": "Channel::Api",
        "enable_auto_assignment": true,
        "greeting_enabled": inbox.greeting_enabled,
        "greeting_message": inbox.greeting_message,
        "email_address": null,
        "working_hours_enabled": inbox.working_hours_enabled,
        "out_of_office_message": inbox.out_of_office_message,
        "timezone": inbox.timezone,
        "enable_email_collect": true,
        "csat_survey_enabled": inbox.csat_enabled,
        "allow_messages_after_resolved": true,
        "auto_assignment_config": {},
        "lock_to_single_conversation": inbox.single_conversation,
        "portal_id": null,
        "sender_name_type": "friendly",
        "business_name": null
    });
    if let (true, Some(fields)) = (tx.is_4_16(), record.as_object_mut()) {
        fields.insert("csat_config".into(), inbox.csat_config.clone().into());
    }
    record
}
