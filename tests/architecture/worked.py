"""The changes in the developer guide: what each touches, and which guard fails if a part is left out."""

from typing import NamedTuple

GUARDS = "tests/architecture"
DECLARATIONS = f"{GUARDS}/test_declarations.py"
IMPORTS = f"{GUARDS}/test_importable.py::test_a_service_can_be_imported"
SCREENS = f"{GUARDS}/test_screens.py"
CHANNELS = f"{GUARDS}/test_channels.py"
PAGES = f"{GUARDS}/test_documented.py::test_the_reference_pages_are_up_to_date"
TOPIC_FILES = "libs/contracts/tests/test_generate.py::test_what_is_checked_in_is_what_would_be_generated"
TYPES = "tsc"

ALERTING = "services/alerting/src/headwater/alerting"
CONTRACTS = "libs/contracts/src/headwater/contracts"
PLACES = "frontend/src/app/places.ts"
SCREEN = "frontend/src/features/channels"


class Part(NamedTuple):
    """A file of a change. Without it `guard` fails, and its output contains `said`."""

    file: str
    guard: str
    said: str


class Change(NamedTuple):
    """A section of the guide with a diff.

    own, lists: where it may touch files; own are folders and files. passes: tests that pass with it.
    stale: the guard that fails until `make generate` has run, and files that it names.
    """

    section: str
    own: tuple[str, ...]
    lists: tuple[str, ...]
    parts: tuple[Part, ...]
    passes: tuple[str, ...]
    stale: tuple[str, ...]


ROUTE = Change(
    "A route with a screen",
    own=("services/alerting/", f"{SCREEN}/"),
    lists=(f"{CONTRACTS}/api/alerts.py", PLACES),
    parts=(
        Part(f"{CONTRACTS}/api/alerts.py", f"{IMPORTS}[alerting]", "has no attribute 'ChannelList'"),
        Part(
            f"{ALERTING}/views.py",
            f"{SCREENS}::test_every_path_that_the_dashboard_asks_for_is_described",
            f"{SCREEN}/api.ts: /alerts/channels",
        ),
        Part(f"{SCREEN}/api.ts", TYPES, "Cannot find module '../api'"),
        Part(
            f"{SCREEN}/routes/ChannelsPage.tsx",
            f"{SCREENS}::test_every_screen_is_a_place_of_the_dashboard_and_the_reverse",
            "features/channels/routes/ChannelsPage",
        ),
        Part(
            PLACES,
            f"{SCREENS}::test_every_screen_is_a_place_of_the_dashboard_and_the_reverse",
            "features/channels/routes/ChannelsPage",
        ),
        Part(
            f"{SCREEN}/routes/ChannelsPage.test.tsx",
            f"{SCREENS}::test_every_place_of_the_dashboard_is_visited_by_a_test",
            "'channels'",
        ),
    ),
    passes=(DECLARATIONS, SCREENS),
    stale=(PAGES, "openapi.json", "routes.md"),
)

SETTING = Change(
    "A setting",
    own=("services/alerting/",),
    lists=(),
    parts=(
        Part(
            f"{ALERTING}/settings.py",
            f"{DECLARATIONS}::test_a_setting_that_is_read_is_declared[alerting]",
            f"{ALERTING}/app.py: count_seconds",
        ),
        Part(
            f"{ALERTING}/app.py",
            f"{DECLARATIONS}::test_every_setting_is_read",
            f"{ALERTING}/settings.py: count_seconds",
        ),
        Part(
            "services/alerting/tests/test_counting.py",
            f"{DECLARATIONS}::test_every_setting_is_given_a_value_by_a_test",
            "count_seconds",
        ),
    ),
    passes=(DECLARATIONS, "services/alerting/tests/test_counting.py"),
    stale=(PAGES, "settings.md"),
)

TOPIC = Change(
    "A topic",
    own=(
        "libs/contracts/topics/rule.changes.yaml",
        "libs/contracts/examples/rule.changes/",
        f"{CONTRACTS}/alerts.py",
        "services/alerting/",
        "services/api-gateway/",
        "frontend/src/lib/live/",
    ),
    lists=(f"{CONTRACTS}/topics.py", f"{CONTRACTS}/messages.py"),
    parts=(
        Part(
            "libs/contracts/topics/rule.changes.yaml",
            "libs/contracts/tests/test_topics.py::test_every_topic_has_a_constant_and_every_constant_a_topic",
            "'rule.changes'",
        ),
        Part(
            "libs/contracts/examples/rule.changes/added.json",
            "libs/contracts/tests/test_examples.py::test_every_topic_has_examples",
            "'rule.changes'",
        ),
        Part(f"{CONTRACTS}/alerts.py", f"{IMPORTS}[alerting]", "cannot import name 'RuleChange'"),
        Part(f"{CONTRACTS}/topics.py", f"{IMPORTS}[alerting]", "RULE_CHANGES"),
        Part(f"{CONTRACTS}/messages.py", TOPIC_FILES, "KeyError: 'rule.changes'"),
        Part(
            f"{ALERTING}/service.py",
            f"{DECLARATIONS}::test_a_topic_has_the_writers_and_readers_that_declare_it[rule.changes]",
            "libs/contracts/topics/rule.changes.yaml",
        ),
        Part(
            f"{ALERTING}/views.py",
            f"{DECLARATIONS}::test_a_service_writes_what_it_produces_and_tests_what_it_writes_and_reads[alerting]",
            "never written",
        ),
        Part(
            "services/alerting/tests/test_alert_views.py",
            f"{DECLARATIONS}::test_a_service_writes_what_it_produces_and_tests_what_it_writes_and_reads[alerting]",
            "in no test of the service",
        ),
        Part(
            "services/api-gateway/src/headwater/api_gateway/signals.py",
            f"{DECLARATIONS}::test_a_topic_has_the_writers_and_readers_that_declare_it[rule.changes]",
            "libs/contracts/topics/rule.changes.yaml",
        ),
        Part(
            "services/api-gateway/tests/test_rule_signals.py",
            f"{DECLARATIONS}::test_a_service_writes_what_it_produces_and_tests_what_it_writes_and_reads[stream]",
            "in no test of the service",
        ),
        Part(
            "frontend/src/lib/live/tags.ts",
            f"{SCREENS}::test_every_signal_of_the_stream_makes_answers_of_the_dashboard_stale",
            "'rule'",
        ),
    ),
    passes=(
        DECLARATIONS,
        SCREENS,
        "libs/contracts/tests/test_topics.py",
        "libs/contracts/tests/test_examples.py",
        "services/alerting/tests/test_alert_views.py",
        "services/api-gateway/tests/test_rule_signals.py",
    ),
    stale=(TOPIC_FILES, "topics.json"),
)

TASK = Change(
    "A periodic task",
    own=("services/alerting/",),
    lists=(),
    parts=(
        Part(f"{ALERTING}/expiry.py", f"{IMPORTS}[alerting]", "No module named 'headwater.alerting.expiry'"),
        Part(
            f"{ALERTING}/service.py",
            f"{DECLARATIONS}::test_what_is_made_from_the_parts_of_a_service_is_used[alerting]",
            f"{ALERTING}/expiry.py: delete_old_notifications",
        ),
        Part(
            "services/alerting/tests/test_expiry.py",
            f"{DECLARATIONS}::test_every_periodic_task_is_run_by_a_test[alerting]",
            "'delete_old_notifications'",
        ),
    ),
    passes=(DECLARATIONS, "services/alerting/tests/test_expiry.py", "services/alerting/tests/test_closing.py"),
    stale=(),
)

CHANNEL = Change(
    "A channel",
    own=(f"{ALERTING}/channels/file/", "tests/contract/channels/"),
    lists=(f"{ALERTING}/channels/__init__.py",),
    parts=(
        Part(
            f"{ALERTING}/channels/__init__.py",
            f"{CHANNELS}::test_every_folder_of_channels_is_in_the_list_and_the_reverse",
            "channels/file is not in CHANNELS",
        ),
        Part(
            f"{ALERTING}/channels/file/__init__.py",
            f"{CHANNELS}::test_every_folder_of_channels_is_in_the_list_and_the_reverse",
            "cannot import name 'file'",
        ),
        Part(
            "tests/contract/channels/test_channel_file.py",
            f"{CHANNELS}::test_every_channel_of_the_list_keeps_the_contract",
            "['file']",
        ),
    ),
    passes=(CHANNELS, "services/alerting/tests/test_channels.py", "tests/contract/channels/test_channel_file.py"),
    stale=(PAGES, "settings.md", "channels.md"),
)

CHANGES = (ROUTE, SETTING, TOPIC, TASK, CHANNEL)
