CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, last_display_id INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    access_token TEXT NOT NULL UNIQUE,
    pubsub_token TEXT NOT NULL UNIQUE,
    availability TEXT NOT NULL DEFAULT 'online'
) STRICT;

CREATE TABLE agent_bots (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    description TEXT,
    outgoing_url TEXT,
    access_token TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE inboxes (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    identifier TEXT NOT NULL UNIQUE,
    hmac_token TEXT NOT NULL,
    hmac_mandatory INTEGER NOT NULL,
    callback_url TEXT,
    greeting_enabled INTEGER NOT NULL,
    greeting_message TEXT,
    csat_enabled INTEGER NOT NULL,
    working_hours_enabled INTEGER NOT NULL,
    out_of_office_message TEXT,
    timezone TEXT NOT NULL,
    week TEXT NOT NULL,
    single_conversation INTEGER NOT NULL,
    agent_bot_id INTEGER REFERENCES agent_bots (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE inbox_members (
    inbox_id INTEGER NOT NULL REFERENCES inboxes (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (inbox_id, user_id)
) STRICT;

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    email TEXT,
    phone_number TEXT,
    identifier TEXT,
    custom_attributes TEXT NOT NULL DEFAULT '{}',
    avatar_url TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    last_activity_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contacts_by_identifier ON contacts (account_id, identifier);
CREATE UNIQUE INDEX contacts_by_email ON contacts (account_id, email);
CREATE INDEX contacts_by_phone ON contacts (account_id, phone_number);

CREATE TABLE contact_inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    inbox_id INTEGER NOT NULL REFERENCES inboxes (id),
    source_id TEXT NOT NULL,
    pubsub_token TEXT NOT NULL UNIQUE,
    hmac_verified INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (inbox_id, source_id)
) STRICT;
CREATE INDEX contact_inboxes_by_contact ON contact_inboxes (contact_id);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    display_id INTEGER NOT NULL,
    uuid TEXT NOT NULL UNIQUE,
    inbox_id INTEGER NOT NULL REFERENCES inboxes (id),
    contact_id INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    contact_inbox_id INTEGER NOT NULL REFERENCES contact_inboxes (id) ON DELETE CASCADE,
    status INTEGER NOT NULL,
    assignee_id INTEGER REFERENCES users (id),
    custom_attributes TEXT NOT NULL DEFAULT '{}',
    additional_attributes TEXT NOT NULL DEFAULT '{}',
    labels TEXT NOT NULL DEFAULT '[]',
    priority TEXT,
    snoozed_until INTEGER,
    contact_last_seen_at INTEGER,
    agent_last_seen_at INTEGER,
    assignee_last_seen_at INTEGER,
    waiting_since INTEGER,
    first_reply_created_at INTEGER,
    last_activity_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account_id, display_id)
) STRICT;
CREATE INDEX conversations_by_contact_inbox ON conversations (contact_inbox_id);
CREATE INDEX conversations_by_contact ON conversations (contact_id);
CREATE INDEX conversations_by_activity ON conversations (account_id, last_activity_at);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    inbox_id INTEGER NOT NULL REFERENCES inboxes (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_type INTEGER NOT NULL,
    content TEXT,
    processed_content TEXT,
    content_type TEXT NOT NULL,
    content_attributes TEXT NOT NULL DEFAULT '{}',
    additional_attributes TEXT NOT NULL DEFAULT '{}',
    private INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'sent',
    source_id TEXT,
    sender_type TEXT,
    sender_id INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL,
    file_type TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    stored_as TEXT NOT NULL,
    width INTEGER,
    height INTEGER
) STRICT;
CREATE INDEX attachments_by_message ON attachments (message_id);

CREATE TABLE csat_responses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id INTEGER NOT NULL UNIQUE REFERENCES messages (id) ON DELETE CASCADE,
    contact_id INTEGER NOT NULL,
    assigned_agent_id INTEGER,
    rating INTEGER NOT NULL,
    feedback_message TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
