"""The flags of `headwater up` and the settings that they set."""

import click

from headwater.cli.commands.up import command as up
from headwater.embedded.configuration import programs
from headwater.runtime.settings import describe


def test_a_flag_that_stands_in_for_a_setting_is_one_of_up() -> None:
    flags = {setting.flag for cls in programs().values() for setting in describe(cls) if setting.flag}
    known = {option for parameter in up.params if isinstance(parameter, click.Option) for option in parameter.opts}
    assert flags
    assert flags - known == set()
