"""What our HTML pages share: their frame, their style, how text is escaped."""

import jinja2


def environment(package: str) -> jinja2.Environment:
    """Makes what renders the templates of a package; every text is escaped.

    Args:
        package: its `templates/` are found, and those of this room:
            `page.html.j2`, which a page extends, and `style.css`, its style.
    """
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader(package),
                jinja2.PackageLoader("pali_tf.reporting"),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
