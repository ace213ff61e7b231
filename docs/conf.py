"""Sphinx: Markdown pages, no external assets, warnings are errors (see `make docs`)."""

project = "Headwater"
author = "the Headwater developers"
copyright = "the Headwater developers"  # noqa: A001  # the name is Sphinx's

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Headwater"
html_show_sphinx = False
html_copy_source = False
