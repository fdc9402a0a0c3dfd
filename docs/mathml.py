"""Formulas as MathML, which browsers draw themselves: pages need no script and no network, and can be read aloud."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def setup(app):
    """Offer `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(translator, node):
    translator.body.append(convert(node.astext(), display="inline"))
    raise SkipNode


def _block(translator, node):
    translator.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise SkipNode
