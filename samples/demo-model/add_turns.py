#!/usr/bin/env python3
"""Add the turns of a file of dialogues to a data set, where it lacks them.

    add_turns.py --data small.npz --scripts scripts.txt --out small2.npz [--flite-dir flite-root]

A turn whose text is held out for validation or test is reported and left alone.
"""
import argparse
import os
import re
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_dataset import Flite, frame_chars, mulaw_encode, trim  # noqa: E402

HOP = 320


def turns(path):
    """The (text, speaker) pairs of the dialogues, each once, in order."""
    found = {}
    for line in open(path):
        for speaker, text in re.findall(r"\[S([12])\]\s*([^\[]+?)\s*(?=\[S|$)", line):
            found[text, int(speaker)] = None
    return list(found)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--scripts", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--flite-dir", default=None)
    a = ap.parse_args()

    with np.load(a.data) as z:
        d = {k: z[k] for k in z.files}
    have = {(str(t), int(s)) for t, s in zip(d["text"], d["speaker"])}
    held = {str(t) for t, k in zip(d["text"], d["split"]) if k}
    flite = Flite(a.flite_dir, "monotone", "awb", 1.0)
    audio, align, new = [], [], []
    for text, speaker in turns(a.scripts):
        if text in held:
            print("held out:", speaker, text)
        elif (text, speaker) not in have:
            wave, durations = flite.say(speaker, text)
            wave, start = trim(wave, HOP)
            audio.append(mulaw_encode(wave))
            align.append(frame_chars(durations, text, start, len(wave) // HOP, HOP))
            new.append((text, speaker))

    ends = d["offsets"][-1] + np.cumsum([len(x) for x in audio]).astype(np.int64)
    d["audio"] = np.concatenate([d["audio"], *audio])
    d["align"] = np.concatenate([d["align"], *align])
    d["offsets"] = np.concatenate([d["offsets"], ends])
    d["text"] = np.concatenate([d["text"], np.array([t for t, _ in new], str)])
    d["speaker"] = np.concatenate([d["speaker"], np.array([s for _, s in new], np.int8)])
    d["split"] = np.concatenate([d["split"], np.zeros(len(new), np.int8)])
    np.savez(a.out, **d)
    print(f"{len(new)} turns added")


if __name__ == "__main__":
    main()
