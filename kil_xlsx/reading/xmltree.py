"""Reading the XML parts of a package: expat, driven by a tree of the elements that are wanted.

A part is described by :class:`Node` objects: which elements may stand in which, and what to do at their start and
end.  An element that the tree does not expect is skipped with everything in it, so text can only ever be taken from
the place it belongs to.  The rules for hostile input are here too: no document type declaration (and so no
entities), limited depth and attributes, one ``Parse`` call for the whole part.  Of markup-compatibility alternatives
exactly one branch is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.package import Limits

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAIN_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006 "
_ALTERNATIVES = _MC + "AlternateContent"
_CHOICE = _MC + "Choice"
_FALLBACK = _MC + "Fallback"
# Namespaces that a Choice may require and still be taken: what Excel itself would understand.
_UNDERSTOOD = (
    "http://schemas.microsoft.com/office/",
    "http://schemas.openxmlformats.org/",
    "http://purl.oclc.org/ooxml/",
)

StartHandler = Callable[[Mapping[str, str]], None]
EndHandler = Callable[[str], None]


class Node:
    """One element that is read.

    ``start`` gets its attributes, ``end`` its text, which is only collected (else ``""``) where ``text`` is true.
    """

    __slots__ = ("children", "end", "get", "start", "text")

    def __init__(
        self,
        children: dict[str, Node] | None = None,
        start: StartHandler | None = None,
        end: EndHandler | None = None,
        text: bool = False,
    ) -> None:
        self.children: dict[str, Node] = children or {}
        self.get = self.children.get
        self.start = start
        self.end = end
        self.text = text


def in_namespaces(nodes: Mapping[str, Node], *namespaces: str) -> dict[str, Node]:
    """The same children under each of several namespaces, as a :class:`Node` wants them."""
    return {f"{namespace} {name}": node for namespace in namespaces for name, node in nodes.items()}


def in_main(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Children in the main spreadsheet namespace, in its common and its strict form."""
    return in_namespaces(nodes, MAIN, MAIN_STRICT)


def new_parser() -> expat.XMLParserType:
    """A parser for one part, for :func:`parse`."""
    return expat.ParserCreate(namespace_separator=" ")


def parse(data: bytes, roots: dict[str, Node], limits: Limits, parser: expat.XMLParserType | None = None) -> str:
    """Read one part; returns the namespace of its root.

    ``parser`` is given where somebody wants to ask it how far it has come.  Raises :class:`FileRefused`:
    ``file-damaged`` for XML that is not well formed or has another root than ``roots`` names, ``file-unsafe`` for a
    document type declaration or XML beyond the limits.
    """
    buffer: list[str] = []
    node = Node(roots)
    stack: list[Node] = []
    taken: list[bool] = []  # for each open AlternateContent, whether a branch of it has been read
    alternatives = Node()  # stands for an open AlternateContent
    prefixes: dict[str, list[str]] = {}
    skipped = 0
    root = ""
    # Bound once: the two handlers below run for every element of every part.
    push, pop, clear = stack.append, stack.pop, buffer.clear
    max_depth = limits.xml_depth
    max_attributes = limits.xml_attributes
    elements_left = limits.xml_elements
    namespaces = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal node, skipped, root, elements_left
        elements_left -= 1
        if elements_left < 0:
            raise FileRefused("file-too-large", f"a part with more than {limits.xml_elements:,} elements")
        if len(attributes) > max_attributes:
            raise FileRefused("file-unsafe", "XML with too many attributes")
        if skipped:
            skipped += 1
            if skipped + len(stack) > max_depth:
                raise FileRefused("file-unsafe", "XML nested too deeply")
            return
        child = node.get(name)
        if child is None:
            child = branch(name, attributes)
            if child is None:
                if not stack or node.text:
                    raise FileRefused("file-damaged", "a part of the workbook is not what it should be")
                skipped = 1
                return
        elif not stack:
            root = name.partition(" ")[0]
        push(node)
        node = child
        if len(stack) > max_depth:
            raise FileRefused("file-unsafe", "XML nested too deeply")
        if child.text:
            clear()
        if child.start is not None:
            child.start(attributes)

    def branch(name: str, attributes: dict[str, str]) -> Node | None:
        """The node to go on with inside a markup-compatibility element; ``None`` to skip it."""
        if not stack or node.text:
            return None
        if name == _ALTERNATIVES:
            taken.append(False)
            return alternatives
        if node is alternatives and not taken[-1]:
            if name == _CHOICE:
                required = [prefixes.get(prefix, [""])[-1] for prefix in attributes.get("Requires", "?").split()]
                if not all(namespace.startswith(_UNDERSTOOD) for namespace in required):
                    return None
            elif name != _FALLBACK:
                return None
            taken[-1] = True
            outer = stack[-1]
            return Node(outer.children)
        return None

    def end(_name: str) -> None:
        nonlocal node, skipped
        if skipped:
            skipped -= 1
            return
        if node.end is not None:
            node.end("".join(buffer) if node.text else "")
        elif node is alternatives:
            taken.pop()
        node = pop()

    def open_prefix(prefix: str | None, uri: str | None) -> None:
        nonlocal namespaces
        namespaces += 1
        if namespaces > limits.xml_namespaces:
            raise FileRefused("file-unsafe", "XML with too many namespaces")
        prefixes.setdefault(prefix or "", []).append(uri or "")

    def close_prefix(prefix: str | None) -> None:
        nonlocal namespaces
        namespaces -= 1
        prefixes[prefix or ""].pop()

    def doctype(*_: object) -> None:
        raise FileRefused("file-unsafe", "a document type declaration in the workbook's XML")

    parser = parser or new_parser()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = buffer.append
    parser.StartNamespaceDeclHandler = open_prefix
    parser.EndNamespaceDeclHandler = close_prefix
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError, OverflowError):
        # ValueError and LookupError come from encodings that are unknown or not allowed in XML.
        raise FileRefused("file-damaged", "a part of the workbook is not well-formed XML") from None
    return root
