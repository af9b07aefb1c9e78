"""What can be broken: rows of the field tables, and the guards and expressions of C++ sources, by their text alone."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    file: str  # below mmu/
    start: int
    end: int
    new: str
    name: str  # "file: the broken line", the same in every run; known survivors are listed by it

    def apply(self, text):
        return text[: self.start] + self.new + text[self.end :]


# ---- field tables ---------------------------------------------------------------------------------------------------
ROW = re.compile(r"^F\(\s*(\d+),\s*(\d+),\s*(\w+),", re.M)
REGISTER = re.compile(r"^(?:END_)?REGISTER\((\w+), *(\d+)", re.M)


def row_mutants(file, text):
    """Each row moved by one bit; and each row exchanged with the one below it, which leaves no hole behind."""
    rows = []  # (match, register, bits)
    for match in ROW.finditer(text):
        register, bits = "", 64
        for opened in REGISTER.finditer(text, 0, match.start()):
            register, bits = opened[1] + ".", int(opened[2])
        rows.append((match, register, bits))

    def moved(match, hi, lo):
        return f"F({hi}, {lo}, {match[3]},"

    base = file.rsplit("/", 1)[-1]
    for i, (match, register, bits) in enumerate(rows):
        hi, lo = int(match[1]), int(match[2])
        by = 1 if hi + 1 < bits else -1
        if 0 <= lo + by:
            yield Mutant(file, match.start(), match.end(), moved(match, hi + by, lo + by),
                         f"{base}: {register}{match[3]} moved to [{hi + by}:{lo + by}]")
        if i + 1 == len(rows) or rows[i + 1][1] != register:
            continue
        below = rows[i + 1][0]
        top = hi - (int(below[1]) - int(below[2]))  # the lower row, moved up, ends here
        bottom = int(below[2])
        new = moved(match, bottom + hi - lo, bottom) + text[match.end() : below.start()] + moved(below, hi, top)
        yield Mutant(file, match.start(), below.end(), new,
                     f"{base}: {register}{match[3]} exchanged with {below[3]}")


# ---- C++ ------------------------------------------------------------------------------------------------------------
def masked(text):
    """The text with comments, strings, preprocessor lines and static_asserts blanked out, at the same length."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])
    patterns = [r"//[^\n]*", r'"(?:\\.|[^"\\\n])*"', r"^[ \t]*#[^\n]*", r"static_assert\([^;]*\);", r"\[\[[^\]]*\]\]",
                r"template <[^\n]*>", r"enum class \w+[^{]*\{[^}]*\};"]
    for pattern in patterns:
        text = re.sub(pattern, blank, text, flags=re.M)
    return text


def closing(text, opening):
    """The index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("unbalanced")


SIMPLE = [  # (what, all its replacements)
    (r" && ", [" || "]),
    (r" \|\| ", [" && "]),
    (r" == ", [" != "]),
    (r" != ", [" == "]),
    (r" < ", [" <= "]),
    (r" <= ", [" < "]),
    (r" > ", [" >= "]),
    (r" >= ", [" > "]),
    (r" \+ ", [" - "]),
    (r" - ", [" + "]),
    (r" << ", [" >> "]),
    (r" >> ", [" << "]),
    (r" & ", [" | "]),
    (r" \| ", [" & "]),
    (r" \^ ", [" | "]),
    (r"~(?=[\w(])", [""]),
    (r"(?<![\w)\]])!(?![=])", [""]),
    (r"\btrue\b", ["false"]),
    (r"\bfalse\b", ["true"]),
    (r"\w+::\w+\.mask \| ", [""]),
    (r" \| \w+::\w+\.mask(?=;)", [""]),
    (r"FaultKind::(translation|access_flag)", ["FaultKind::permission"]),
    (r"FaultKind::(permission|external_abort_on_walk)", ["FaultKind::translation"]),
    (r"(?<=: )return [^;]+;(?=\n)", ["break;"]),  # case X: return ...
    (r"(?<=\n)[ \t]+(?:[\w.]+\.)?(?:narrow|grant|LPAEMU_ASSERT)\([^;]*\);", [" "]),  # a statement left out
]
IF = re.compile(r"\bif \(")
WITH = re.compile(r"\b[\w:]+\.with\(")
PREDICATE = re.compile(r"constexpr bool \w+\([^)]*\)(?: const)? \{ return ([^;]+); \}")


def changes(text):
    """(start, end, replacement) of everything that can be broken in C++ code."""
    code = masked(text)
    for pattern, replacements in SIMPLE:
        for match in re.finditer(pattern, code):
            for new in replacements:
                yield match.start(), match.end(), new
    for match in IF.finditer(code):
        end = closing(code, match.end() - 1)
        condition = text[match.end() : end]
        if re.search(r"[^=!<>]=[^=]|;", condition):
            continue  # a declaration
        if re.search(r" && | \|\| ", condition) or not re.match(r"!|.* [=!]= ", condition):  # else the same as another's
            yield match.end(), end, f"!({condition})"
        yield match.end(), end, "false"
    for match in WITH.finditer(code):  # F.with(x, value): x
        end = closing(code, match.end() - 1)
        depth, at = 0, match.end()
        while at < end and not (code[at] == "," and depth == 0):
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(code[at], 0)
            at += 1
        yield match.start(), end + 1, text[match.end() : at]
    for match in PREDICATE.finditer(code):
        if re.match(r"!|.* [=!]= ", match[1]) and not re.search(r" && | \|\| ", match[1]):
            continue  # the same as another's
        yield match.start(1), match.end(1), f"!({text[match.start(1) : match.end(1)]})"


def code_mutants(file, text):
    seen = {}
    for start, end, new in sorted(set(changes(text))):
        if text[start:end] == new:
            continue
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        line = text[first:start] + new + text[end:last]
        if new.isspace():
            line = "without " + text[first:last]
        name = f"{file.rsplit('/', 1)[-1]}: {' '.join(re.sub('//.*', '', line).split())}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        yield Mutant(file, start, end, new, name)


def mutants_of(file, text):
    return list(row_mutants(file, text) if file.endswith(".inc") else code_mutants(file, text))
