"""Outward orientation: which faces of a shell have to be turned round. Kernels on packed faces."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from twin.geo.mesh import Polygons, face_area_vectors, ring_area_vectors
from twin.types import F64, I64, Bools

WELD_M = 1e-3
"""Points of one group within about this are one corner."""


def weld(xyz: F64, group: I64) -> I64:
    """(n,) corner number of each point: the same for points of one group that share a millimetre; numbers ascend
    with the group."""
    grid = np.round(xyz / WELD_M).astype(np.int64)
    order = np.lexsort((grid[:, 2], grid[:, 1], grid[:, 0], group))
    key = np.column_stack((group, grid))[order]
    number = np.empty(len(xyz), dtype=np.int64)
    number[order] = np.concatenate(([0], np.cumsum((key[1:] != key[:-1]).any(axis=1)))) if len(xyz) else []
    return number


def outward_flips(polygons: Polygons, group: I64, inward: Bools) -> Bools:
    """(f,) true for faces to be turned round so that their normals leave the body.

    group   (f,) number, from 0, of the shell that each face is a part of
    inward  (g,) true for shells that bound a void: their normals point into the void, out of the material

    Faces that share an edge are brought to run along it in opposite ways; then each connected piece is turned so
    that its volume is positive. Open surfaces come out facing away from the middle of their shell.
    """
    flips = np.zeros(polygons.count, dtype=np.bool_)
    if not polygons.count:
        return flips
    one, other, same_way = _shared_edges(polygons, group)
    piece = group.copy()
    bad = np.zeros(len(inward), dtype=np.bool_)
    bad[group[one[same_way]]] = True
    if bad.any():
        faces, chosen = np.flatnonzero(bad[group]), bad[group[one]]
        pairs = np.column_stack((one, other, same_way)).astype(np.int64)[chosen]
        flips[faces], pieces = _agree(pairs, faces)
        piece[faces] = len(inward) + pieces
    volume = _volumes(polygons, group) * np.where(flips, -1.0, 1.0)
    total = np.bincount(piece, weights=volume)
    return flips ^ (total[piece] < 0) ^ inward[group]


def upward_flips(polygons: Polygons) -> Bools:
    """(f,) true for faces that look down: for terrain, roads and other sheets."""
    return np.asarray(face_area_vectors(polygons)[:, 2] < 0)


def _shared_edges(polygons: Polygons, group: I64) -> tuple[I64, I64, Bools]:
    """Pairs of faces that share an edge with nobody else; and whether both run along it the same way."""
    face = polygons.face_of_point()
    corner = weld(polygons.xyz, group[face])
    start, end = corner, corner[polygons.next_point()]
    start, end = _holes_against_outer(polygons, start, end)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    low, high, forward, face = low[order], high[order], (start < end)[order], face[order]
    change = np.concatenate(([True], (low[1:] != low[:-1]) | (high[1:] != high[:-1]), [True]))
    begin = np.flatnonzero(change)
    pair = begin[:-1][np.diff(begin) == 2]
    pair = pair[(face[pair] != face[pair + 1]) & (low[pair] != high[pair])]
    return face[pair], face[pair + 1], forward[pair] == forward[pair + 1]


def _holes_against_outer(polygons: Polygons, start: I64, end: I64) -> tuple[I64, I64]:
    """Edges with those of holes turned so that every hole runs against its outer ring."""
    vectors = ring_area_vectors(polygons)
    first = polygons.faces[:-1]
    outer = vectors[first][polygons.face_of_ring()]
    along = np.einsum("ij,ij->i", vectors, outer) > 0
    along[first] = False
    turn = along[polygons.ring_of_point()]
    return np.where(turn, end, start), np.where(turn, start, end)


def _agree(pairs: I64, faces: I64) -> tuple[Bools, I64]:
    """Walk from face to face over shared edges, turning each to agree with where it was reached from.

    pairs  (p, 3) two faces that share an edge, and 1 where both run along it the same way
    faces  (k,) the faces to visit
    Returns, for each of `faces`, whether to turn it, and the number (from 0) of the connected piece it is in.
    """
    beside: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, other, same in pairs.tolist():
        beside[one].append((other, same))
        beside[other].append((one, same))
    turned: dict[int, int] = {}
    piece: dict[int, int] = {}
    for number, seed in enumerate(faces.tolist()):
        stack = [] if seed in turned else [seed]
        turned.setdefault(seed, 0)
        piece.setdefault(seed, number)
        while stack:
            face = stack.pop()
            for neighbour, same in beside[face]:
                if neighbour not in turned:
                    turned[neighbour], piece[neighbour] = turned[face] ^ same, number
                    stack.append(neighbour)
    visited = faces.tolist()
    return np.array([turned[f] for f in visited], dtype=np.bool_), np.array([piece[f] for f in visited])


def _volumes(polygons: Polygons, group: I64) -> F64:
    """(f,) signed volume between each face and the middle of its group: their sum is the volume of a closed shell."""
    point_group = group[polygons.face_of_point()]
    counts = np.bincount(point_group)
    middle = np.column_stack([np.bincount(point_group, weights=polygons.xyz[:, axis]) for axis in range(3)])
    middle = middle / np.maximum(counts, 1)[:, None]
    begin = polygons.rings[polygons.faces[:-1]]
    reach = polygons.xyz[begin] - middle[group]
    return np.asarray(np.einsum("ij,ij->i", reach, face_area_vectors(polygons)) / 3)
