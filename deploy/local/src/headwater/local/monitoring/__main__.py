"""`python -m headwater.local.monitoring`: write the checked-in rules and routes from their templates."""

from headwater.local.monitoring.rendering import GENERATED, scaled

if __name__ == "__main__":
    for template, generated in GENERATED.items():
        generated.parent.mkdir(exist_ok=True)
        generated.write_text(scaled(template.read_text(), 1.0))
