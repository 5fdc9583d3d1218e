"""The tables of a collection, as the steps in which they came about, and the views that people may use.

Each step is recorded in the database itself.  A step that has been released is never changed; a change is a new step.
The views are made anew with every step, so they always fit the program.  ``docs/database.md`` describes them.
"""

from __future__ import annotations

from dataclasses import dataclass

APPLICATION_ID = 0x4B494C58  # "KILX": what the command `file` and other programs know the database by


@dataclass(frozen=True)
class Step:
    """One change of the schema."""

    number: int
    what: str
    sql: str


STEPS = (
    Step(
        1,
        "the tables",
        """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE organisations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            respondent TEXT NOT NULL,
            name TEXT NOT NULL,
            number TEXT NOT NULL DEFAULT '',
            email TEXT NOT NULL DEFAULT '',
            parent TEXT NOT NULL DEFAULT '',
            profile TEXT NOT NULL DEFAULT '{}',
            listed INTEGER NOT NULL DEFAULT 1 CHECK (listed IN (0, 1)),
            forgotten_at TEXT NOT NULL DEFAULT ''
        ) STRICT;

        CREATE TABLE copies (
            reference TEXT PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisations,
            round_id TEXT NOT NULL,
            share TEXT NOT NULL CHECK (share IN ('whole', 'consensus')),
            framework TEXT NOT NULL,
            version TEXT NOT NULL,
            respondent TEXT NOT NULL,
            name TEXT NOT NULL,
            number TEXT NOT NULL,
            made_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX copies_of ON copies (organisation, round_id);

        CREATE TABLE mails (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            organisation INTEGER NOT NULL REFERENCES organisations,
            round_id TEXT NOT NULL,
            purpose TEXT NOT NULL
                CHECK (purpose IN ('invitation', 'reminder', 'receipt', 'to-fix', 'consensus', 'feedback')),
            serial INTEGER NOT NULL,
            address TEXT NOT NULL,
            message_id TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL
                CHECK (state IN ('sending', 'sent', 'drafted', 'failed', 'doubtful', 'bounced')),
            changed_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            said TEXT NOT NULL DEFAULT '',
            about INTEGER,
            UNIQUE (organisation, round_id, purpose, serial)
        ) STRICT;

        CREATE TABLE originals (
            sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
            size INTEGER NOT NULL,
            suffix TEXT NOT NULL,
            stored_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- How a file came that is about to be kept, for whoever goes on should the program be stopped over it.
        CREATE TABLE expected (
            id INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
            name TEXT NOT NULL,
            source TEXT NOT NULL,
            message_id TEXT NOT NULL,
            sender TEXT NOT NULL,
            inner_sender TEXT NOT NULL,
            date TEXT NOT NULL,
            modified TEXT NOT NULL,
            batch INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE arrivals (
            id INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL REFERENCES originals,
            name TEXT NOT NULL,
            source TEXT NOT NULL,
            message_id TEXT NOT NULL,
            sender TEXT NOT NULL,
            date TEXT NOT NULL,
            arrived_at TEXT NOT NULL,
            batch INTEGER NOT NULL,
            UNIQUE (sha256, message_id, name)
        ) STRICT;

        CREATE TABLE received (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sha256 TEXT NOT NULL UNIQUE REFERENCES originals,
            organisation INTEGER REFERENCES organisations,
            round_id TEXT NOT NULL,
            state TEXT NOT NULL
                CHECK (state IN ('accepted', 'accepted-with-queries', 'held', 'refused', 'superseded', 'withdrawn')),
            share TEXT NOT NULL CHECK (share IN ('whole', 'view', 'consensus')),
            reference TEXT NOT NULL,
            respondent TEXT NOT NULL,
            version TEXT NOT NULL,
            name TEXT NOT NULL,
            received_at TEXT NOT NULL,
            sent_at TEXT NOT NULL,
            batch INTEGER NOT NULL,
            sender TEXT NOT NULL,
            person TEXT NOT NULL,
            answered INTEGER NOT NULL,
            applicable INTEGER NOT NULL,
            overall REAL,
            errors INTEGER NOT NULL,
            queries INTEGER NOT NULL,
            digest TEXT NOT NULL,
            CHECK (organisation IS NOT NULL OR state NOT IN ('accepted', 'accepted-with-queries'))
        ) STRICT;
        CREATE INDEX received_from ON received (organisation, round_id);

        CREATE TABLE readings (
            received INTEGER PRIMARY KEY REFERENCES received ON DELETE CASCADE,
            made_with TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT;

        CREATE TABLE entries (
            received INTEGER NOT NULL REFERENCES received ON DELETE CASCADE,
            item TEXT NOT NULL,
            part TEXT NOT NULL,
            "row" INTEGER NOT NULL,
            "column" TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('answered', 'not_applicable', 'dont_know', 'unanswered')),
            outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'blank', 'refused', 'not_found')),
            value REAL,
            code TEXT,
            text TEXT,
            typed ANY,
            sheet TEXT,
            cell TEXT,
            PRIMARY KEY (received, item, part, "row", "column")
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE section_scores (
            received INTEGER NOT NULL REFERENCES received ON DELETE CASCADE,
            section TEXT NOT NULL,
            score REAL,
            band TEXT,
            PRIMARY KEY (received, section)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE problems (
            received INTEGER NOT NULL REFERENCES received ON DELETE CASCADE,
            number INTEGER NOT NULL,
            code TEXT NOT NULL,
            severity TEXT NOT NULL CHECK (severity IN ('error', 'query', 'note')),
            message TEXT NOT NULL,
            remedy TEXT NOT NULL,
            sheet TEXT NOT NULL,
            cell TEXT NOT NULL,
            item TEXT NOT NULL,
            found TEXT NOT NULL,
            expected TEXT NOT NULL,
            PRIMARY KEY (received, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE queries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            code TEXT NOT NULL,
            holds INTEGER NOT NULL CHECK (holds IN (0, 1)),
            opened_at TEXT NOT NULL,
            received INTEGER REFERENCES received,
            mail INTEGER REFERENCES mails,
            organisation INTEGER REFERENCES organisations,
            found TEXT NOT NULL,
            expected TEXT NOT NULL,
            rival INTEGER,
            closed_at TEXT NOT NULL DEFAULT '',
            decision TEXT NOT NULL DEFAULT '',
            by TEXT NOT NULL DEFAULT '',
            why TEXT NOT NULL DEFAULT ''
        ) STRICT;

        CREATE TABLE seen_messages (
            digest TEXT PRIMARY KEY,
            at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE releases (
            number INTEGER PRIMARY KEY,
            round_id TEXT NOT NULL,
            made_at TEXT NOT NULL,
            folder TEXT NOT NULL
        ) STRICT;
        CREATE TABLE release_inputs (
            release INTEGER NOT NULL REFERENCES releases,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (release, sha256)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE forgotten_files (
            sha256 TEXT PRIMARY KEY,
            organisation INTEGER REFERENCES organisations,
            at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE forgotten_returns (
            received INTEGER PRIMARY KEY,
            organisation INTEGER REFERENCES organisations,
            at TEXT NOT NULL
        ) STRICT;

        CREATE TABLE forgotten_names (
            digest TEXT PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisations,
            at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Somebody may be importing or sending while an organisation is forgotten.
        CREATE TRIGGER forgotten_is_not_received BEFORE INSERT ON received
            WHEN EXISTS (SELECT 1 FROM organisations WHERE id = new.organisation AND forgotten_at <> '')
            BEGIN SELECT RAISE(ABORT, 'the organisation has been forgotten'); END;
        CREATE TRIGGER forgotten_is_not_mailed BEFORE INSERT ON mails
            WHEN EXISTS (SELECT 1 FROM organisations WHERE id = new.organisation AND forgotten_at <> '')
            BEGIN SELECT RAISE(ABORT, 'the organisation has been forgotten'); END;

        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            organisation INTEGER,
            round_id TEXT NOT NULL,
            received INTEGER,
            mail INTEGER,
            query INTEGER,
            by TEXT NOT NULL,
            why TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_of ON events (organisation);
        -- Lines of the ledger about others that name an organisation, as long as it is being forgotten.
        CREATE TABLE forgetting (event INTEGER PRIMARY KEY) STRICT;
        -- The ledger is only ever added to.  Forgetting an organisation may empty the words of its lines, and of those
        -- that name it, no more.
        CREATE TRIGGER events_stay BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END;
        CREATE TRIGGER events_are_new BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE id = new.id)
            BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END;
        CREATE TRIGGER events_are_fixed BEFORE UPDATE ON events
            WHEN NOT (
                new.why = '' AND new.id IS old.id AND new.at IS old.at AND new.kind IS old.kind
                AND new.organisation IS old.organisation AND new.round_id IS old.round_id
                AND new.received IS old.received AND new.mail IS old.mail AND new.query IS old.query
                AND new.by IS old.by
                AND EXISTS (
                    SELECT 1 FROM organisations WHERE id = old.organisation AND forgotten_at <> ''
                    UNION ALL SELECT 1 FROM forgotten_returns WHERE received = old.received
                    UNION ALL SELECT 1 FROM forgetting WHERE event = old.id
                )
            )
            BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END;
        """,
    ),
)

VIEWS = {
    "asked": """
        SELECT id AS organisation_id, name AS organisation, number AS registered_number, respondent, email, parent,
               listed
        FROM organisations WHERE forgotten_at = ''
    """,
    "all_returns": """
        SELECT r.id AS return_id, o.id AS organisation_id, o.name AS organisation, o.number AS registered_number,
               r.respondent, r.round_id AS round, r.state, r.share, r.reference, r.received_at, r.sent_at, r.sender,
               r.answered, r.applicable, r.overall, r.errors, r.queries, r.sha256
        FROM received r LEFT JOIN organisations o ON o.id = r.organisation
    """,
    "current_returns": """
        SELECT * FROM all_returns WHERE state IN ('accepted', 'accepted-with-queries')
    """,
    "answers": """
        SELECT c.return_id, c.organisation_id, c.organisation, c.registered_number, c.respondent, c.round, c.share,
               e.item, e.part, e."row", e."column", e.state, e.value, e.code, e.text, e.typed, e.sheet, e.cell
        FROM current_returns c JOIN entries e ON e.received = c.return_id
        WHERE e.outcome = 'accepted'
    """,
    "scores": """
        SELECT c.return_id, c.organisation_id, c.organisation, c.respondent, c.round, c.share, s.section, s.score,
               s.band
        FROM current_returns c JOIN section_scores s ON s.received = c.return_id
    """,
    "what_is_wrong": """
        SELECT r.id AS return_id, o.name AS organisation, r.round_id AS round, r.state, p.severity, p.code, p.sheet,
               p.cell, p.item, p.message, p.remedy, p.found, p.expected
        FROM received r LEFT JOIN organisations o ON o.id = r.organisation JOIN problems p ON p.received = r.id
    """,
    "ledger": """
        SELECT e.id AS line, e.at, e.kind, e.organisation AS organisation_id, o.name AS organisation,
               e.round_id AS round, e.received AS return_id, e.mail AS mail_id, e.query AS query_id, e.by, e.why
        FROM events e LEFT JOIN organisations o ON o.id = e.organisation
    """,
    "open_queries": """
        SELECT q.id AS query, q.code, q.holds, q.opened_at, q.received AS return_id, q.mail AS mail_id,
               o.name AS organisation, q.found, q.expected
        FROM queries q LEFT JOIN organisations o ON o.id = q.organisation WHERE q.closed_at = ''
    """,
    "sent": """
        SELECT m.id AS mail_id, o.id AS organisation_id, o.name AS organisation, m.round_id AS round, m.purpose,
               m.serial, m.address, m.state, m.changed_at, m.attempts, m.said
        FROM mails m JOIN organisations o ON o.id = m.organisation
    """,
    "releases_made": """
        SELECT r.number AS release, r.round_id AS round, r.made_at, r.folder, count(i.sha256) AS returns,
               count(f.sha256) AS forgotten_since
        FROM releases r LEFT JOIN release_inputs i ON i.release = r.number LEFT JOIN forgotten_files f USING (sha256)
        GROUP BY r.number
    """,
}
"""What people may rely on; the tables behind them may change with a new version."""
