#!/usr/bin/env python3
"""Breaks the MMU model in one place at a time and asks its tests: each mutant must turn a named test red.

  mutate.py --build DIR [--sample N] [--seed TEXT] [--jobs N] [--only TEXT] [--list]

DIR is a built release tree; nothing in it or in the sources is changed. For each mutant only the sources that the table
below names are compiled, without optimisation, in a copy of mmu/, and linked with what DIR has of the rest. A mutant
that does not compile (a static_assert) counts as killed, by the compiler. Status: 0 all killed, or known to survive.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import random
import re
import shlex
import shutil
import subprocess
import sys
import time

from operators import mutants_of

MMU = pathlib.Path(__file__).resolve().parents[2]
ROOT = MMU.parent
INCLUDE = "include/lpaemu/mmu/"
SURVIVORS = pathlib.Path(__file__).with_name("survivors.txt")
TIMEOUT = 120

# What sees a mutant of a file: rounds, tried until one is red. A round compiles `build` anew and links it in front of
# `linked`, tests as the release build compiled them: good for what is in a source, not for what they have inlined.
WALKS = ["walk_vectors_test", "walk_test"]


def rounds(*all_rounds):
    return [{"build": build.split(), "linked": linked} for build, linked in all_rounds]


PLAN = {
    INCLUDE + "leaf_fields.inc": rounds(
        ("leaf_bits_test linux_pte_test walk permissions", []),
        ("linux_pmd_test store_rules_test encode linux_pte proc_v7_3level", ["encode_test"]),
        ("explain_test explain explain_warnings", [])),
    INCLUDE + "table_fields.inc": rounds(
        ("descriptor_test permissions_test walk permissions", WALKS),
        ("explain_test explain explain_warnings", [])),
    INCLUDE + "registers.inc": rounds(("registers_test", []), ("regime_test sctlr_test fault_test regime fault", [])),
    INCLUDE + "swap_fields.inc": rounds(("linux_swap_test", [])),
    INCLUDE + "tlbi_operand_fields.inc": rounds(("tlbi_test tlb", [])),
    INCLUDE + "walk_ladder.h": rounds(("walk", WALKS), ("walk_test walk_vectors_test", []), ("remedy_test", [])),
    INCLUDE + "descriptor.h": rounds(("descriptor_test walk", WALKS), ("table_builder_test table_builder", [])),
    INCLUDE + "regime.h": rounds(("regime_test walk regime", WALKS), ("region_test", [])),
    INCLUDE + "permissions.h": rounds(("permissions_test permissions walk", WALKS)),
    INCLUDE + "proc_v7_3level.h": rounds(("proc_v7_3level_test", []), ("store_rules_test set_ptes_test", [])),
    INCLUDE + "set_ptes.h": rounds(("set_ptes_test", [])),
    INCLUDE + "linux_pte.h": rounds(("linux_pte_test", []), ("store_rules_test set_ptes_test", [])),
    INCLUDE + "linux_pmd.h": rounds(("linux_pmd_test", []), ("store_rules_test", []), ("assert_test", [])),
    INCLUDE + "linux_swap.h": rounds(("linux_swap_test", [])),
    "src/walk.cpp": rounds(("walk", WALKS)),
    "src/regime.cpp": rounds(("regime", ["regime_test", "region_test", "sctlr_test", "assert_test", *WALKS])),
    "src/permissions.cpp": rounds(("permissions", ["permissions_test", *WALKS])),
    "src/proc_v7_3level.cpp": rounds(("proc_v7_3level", ["proc_v7_3level_test", "set_ptes_test", "assert_test"])),
    "src/linux_pte.cpp": rounds(("linux_pte", ["linux_pte_test"])),
}


class HarnessError(Exception):
    pass


class Build:
    """How the release tree compiles and links, turned into commands for a copy of mmu/."""

    def __init__(self, folder):
        self.folder = folder
        database = folder / "compile_commands.json"
        if not database.exists():
            raise HarnessError(f"{folder} is not built: run ./dev build")
        self.commands = {}
        for entry in json.loads(database.read_text()):
            source = pathlib.Path(entry["file"])
            if MMU in source.parents and source.parent.name in ("src", "tests"):
                self.commands[source.stem] = (entry["command"], source)
        link = subprocess.run(["ninja", "-C", folder, "-t", "commands", "mmu_test"], capture_output=True, text=True,
                              check=True).stdout.splitlines()[-1]
        words = shlex.split(link.replace("&& :", "").replace(": &&", ""))
        self.cxx = next(word for word in words if re.fullmatch(r".*(c\+\+|g\+\+|clang\+\+)[-0-9]*", word))
        self.libraries = [word for word in words if re.search(r"\.(a|so)[.0-9]*$|^-Wl,|^-l", word)]

    def compile(self, name, copy, out):
        command, source = self.commands[name]
        words = shlex.split(command)
        words = words[next(i for i, word in enumerate(words) if word == self.cxx or word.endswith("/ccache")) :]
        words = [word.replace(f"{MMU}/", f"{copy}/") for word in words if not re.fullmatch(r"-O\d|-g\w*|-W.*", word)]
        if words[0].endswith("/ccache"):
            words = words[1:]
        words[words.index("-o") + 1] = str(out)
        header = copy / f"{source.parent.name}_precompiled.h"
        return [words[0], "-O0", "-w", *(["-include", str(header)] if header.exists() else []), *words[1:]]

    def precompile(self, copy):
        """The headers of others, parsed once: for the sources, and with Catch2's for the tests."""
        ours = ("algorithm", "array", "bit", "cstdint", "functional", "map", "optional", "random", "span", "string",
                "vector", "fmt/format.h", "tl/expected.hpp")
        catch = ("catch2/catch_test_macros.hpp", "catch2/generators/catch_generators_adapters.hpp",
                 "catch2/generators/catch_generators_range.hpp")
        for model, headers in (("walk", ours), ("walk_test", ours + catch)):
            folder = self.commands[model][1].parent.name
            text = copy / f"{folder}_precompiled.hpp"
            text.write_text("".join(f"#include <{name}>\n" for name in headers))
            words = self.compile(model, copy, copy / f"{folder}_precompiled.h.gch")
            words[words.index("-c") + 1] = str(text)
            subprocess.run([*words[:1], "-x", "c++-header", *words[1:]], cwd=self.folder, check=True)
            text.rename(text.with_suffix(".h"))

    def objects(self, tests):
        return [self.folder / f"mmu/tests/CMakeFiles/mmu_test.dir/{test}.cpp.o" for test in tests]


class Worker:
    """A copy of mmu/ to break."""

    def __init__(self, build, folder):
        self.build = build
        self.copy = folder
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("include", "src", "tests"):
            shutil.copytree(MMU / part, folder / part, ignore=shutil.ignore_patterns("mutate"))
        build.precompile(folder)

    def judge(self, file, broken):
        """'compiler', the name of the test that is red, or None: the mutant survives. broken=None: as it is."""
        path = self.copy / file
        text = path.read_text()
        try:
            if broken is not None:
                path.write_text(broken)
            for number, one in enumerate(PLAN[file]):
                verdict = self.round(one, f"{number}", broken is None)
                if verdict is not None:
                    return verdict
            return None
        finally:
            path.write_text(text)

    def round(self, one, tag, unbroken):
        objects = []
        for name in one["build"]:
            out = self.copy / f"{name}.o"
            done = subprocess.run(self.build.compile(name, self.copy, out), cwd=self.build.folder, capture_output=True,
                                  text=True)
            if done.returncode != 0:
                if unbroken or "error:" not in done.stderr:
                    raise HarnessError(f"{name} does not compile:\n{done.stderr}")
                return "compiler"
            objects.append(out)
        program = self.copy / f"test{tag}"
        done = subprocess.run(
            [self.build.cxx, *objects, *self.build.objects(one["linked"]), "-o", program, *self.build.libraries],
            cwd=self.build.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise HarnessError(f"does not link:\n{done.stderr}")
        try:
            done = subprocess.run([program, "--abort", "--reporter", "xml"], cwd=self.copy, capture_output=True,
                                  text=True, errors="replace", timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f"a test that did not end in {TIMEOUT} s"
        if done.returncode == 0:
            return None
        cases = re.findall(r'<TestCase name="([^"]*)"', done.stdout)
        if not cases:
            raise HarnessError(f"the tests do not run:\n{done.stdout}{done.stderr}")
        return "test: " + cases[-1]


def known_survivors():
    """Name: reason. In the file, the reason is indented below the name."""
    known, name = {}, None
    for line in SURVIVORS.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] != " ":
            name = line
            known[name] = ""
        else:
            known[name] = (known[name] + " " + line.strip()).strip()
    return known


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants, picked by the seed")
    parser.add_argument("--seed", help="of the sample; else the commit")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants whose name holds TEXT")
    parser.add_argument("--list", action="store_true", help="print their names, and do nothing")
    return parser.parse_args()


def chosen(args):
    all_mutants = []
    for file in PLAN:
        all_mutants += mutants_of(file, (MMU / file).read_text())
    names = {mutant.name for mutant in all_mutants}
    stale = [name for name in known_survivors() if name not in names]
    for name in stale:
        print(f"{SURVIVORS.name} names no mutant: {name}")
    mutants = [mutant for mutant in all_mutants if args.only in mutant.name]
    if args.sample is not None and args.sample < len(mutants):
        seed = args.seed or subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True,
                                           text=True).stdout.strip()
        mutants = random.Random(seed).sample(mutants, args.sample)
        print(f"{len(mutants)} of {len(all_mutants)} mutants, seed {seed}")
    return mutants, bool(stale)


def judge_all(mutants, args):
    """{mutant: verdict}, from `jobs` workers."""
    scratch = args.build.resolve().parent / "mutate"
    build = Build(args.build.resolve())
    workers = queue.Queue()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for worker in pool.map(lambda i: Worker(build, scratch / f"worker{i}"), range(args.jobs)):
            workers.put(worker)

        def judge(file, mutant):
            worker = workers.get()
            try:
                return worker.judge(file, mutant.apply((MMU / file).read_text()) if mutant else None)
            finally:
                workers.put(worker)

        # Unbroken sources must be green, or nothing that follows means anything. A sample looks at one file only.
        files = list(dict.fromkeys(mutant.file for mutant in mutants))
        for file, verdict in zip(files, pool.map(lambda file: judge(file, None), files[: 1 if args.sample else None])):
            if verdict is not None:
                raise HarnessError(f"{file} as it is, unbroken: {verdict}")
        for mutant, verdict in zip(mutants, pool.map(lambda mutant: judge(mutant.file, mutant), mutants)):
            print(f"{'survives' if verdict is None else 'killed  '}  {mutant.name}  {verdict or ''}".rstrip(), flush=True)
            yield mutant, verdict


def main():
    args = options()
    mutants, failed = chosen(args)
    if args.list:
        print(*(mutant.name for mutant in mutants), sep="\n")
        return 0
    start = time.monotonic()
    known = known_survivors()
    by_compiler, by_test, survivors, fresh = 0, 0, [], []
    for mutant, verdict in judge_all(mutants, args):
        if verdict is None:
            survivors.append(mutant.name)
        elif verdict == "compiler":
            by_compiler += 1
        else:
            by_test += 1
        if verdict is not None and mutant.name in known:
            print(f"{SURVIVORS.name} lists it, but it is killed: {mutant.name}")
            failed = True
    print(f"\n{len(mutants)} mutants: {by_test} killed by a test, {by_compiler} by the compiler, "
          f"{len(survivors)} survive; {time.monotonic() - start:.0f} s")
    for name in survivors:
        print(f"  {name}\n      {known.get(name, 'UNKNOWN: no test sees it; write one, or say why in survivors.txt')}")
        failed = failed or name not in known
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as error:
        print(f"mutate: error: {error}", file=sys.stderr)
        sys.exit(2)
