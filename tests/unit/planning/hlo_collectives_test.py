"""Collectives of a small program, counted by hand."""

import pytest

from pali_tf.planning.hlo_collectives import find_collectives

# Lines of a real step for v4:2x2x1, shortened: a loop of 24 turns with an
# all-gather and a scattered sum in it, one sum after it, and one permutation.
HLO = """\
HloModule jit_train_step, is_scheduled=true, num_partitions=8

%add (x: f32[], y: f32[]) -> f32[] {
  %x = f32[] parameter(0)
  %y = f32[] parameter(1)
  ROOT %add.1 = f32[] add(%x, %y)
}

%all-reduce-scatter.3 (input: bf16[16,384,1024]) -> bf16[16,384,256] {
  %input = bf16[16,384,1024]{2,1,0:T(8,128)(2,1)S(3)} parameter(0)
  %all-reduce.425 = bf16[16,384,1024]{2,1,0:T(8,128)(2,1)} \
all-reduce(%input), channel_id=15, replica_groups={{0,1,2,3},{4,5,6,7}}, \
use_global_device_ids=true, to_apply=%add
  ROOT %slice.1 = bf16[16,384,256]{2,1,0:T(8,128)(2,1)} slice(%all-reduce.425)
}

%cond (p: (s32[], bf16[16,384,256])) -> pred[] {
  %constant.9 = s32[]{:T(128)} constant(24)
  %p = (s32[]{:T(128)}, bf16[16,384,256]{2,1,0:T(8,128)(2,1)S(3)}) parameter(0)
  %i = s32[]{:T(128)} get-tuple-element(%p), index=0
  ROOT %lt.255 = pred[]{:T(512)} compare(%i, %constant.9), direction=LT
}

%body (p: (s32[], bf16[16,384,256])) -> (s32[], bf16[16,384,256]) {
  %p.1 = (s32[]{:T(128)}, bf16[16,384,256]{2,1,0:T(8,128)(2,1)}) parameter(0)
  %all-gather.171 = bf16[16,384,1024]{2,1,0:T(8,128)(2,1)S(3)} \
all-gather(%p.1), channel_id=11, replica_groups=[2,4]<=[8], dimensions={2}, \
metadata={op_name="jit(train_step)/encoder/while/body/dot_general"}
  %fusion.1 = bf16[16,384,256]{2,1,0:T(8,128)(2,1)} fusion(%all-gather.171), \
kind=kCustom, calls=%all-reduce-scatter.3
  ROOT %tuple.1 = (s32[], bf16[16,384,256]{2,1,0}) tuple(%fusion.1)
}

ENTRY %main (a: f32[8,128]) -> f32[8,128] {
  %a = f32[8,128]{1,0:T(8,128)} parameter(0)
  %while.150 = (s32[]{:T(128)}, bf16[16,384,256]{2,1,0}) while(%a), \
condition=%cond, body=%body
  %all-reduce.9 = (f32[8,128]{1,0}, f32[64]{0}) all-reduce(%a, %a), \
channel_id=3, replica_groups=mesh['axis_0'=1,'axis_1'=4,'axis_2'=2], \
device_ids=([2,4]T(1,0)) {'axis_2'}, to_apply=%add
  %collective-permute-start.1 = (f32[8,128]{1,0}, f32[8,128]{1,0}, u32[], \
u32[]) collective-permute-start(%a), source_target_pairs={{0,4},{4,0}}
  ROOT %collective-permute-done.1 = f32[8,128]{1,0} \
collective-permute-done(%collective-permute-start.1)
}
"""
ARRAY = 16 * 384 * 1024 * 2


def test_every_collective_is_counted_as_often_as_it_runs():
    found, unknown = find_collectives(HLO)
    assert unknown == []
    assert [(c.kind, c.payload_bytes, c.group, c.times) for c in found] == [
        ("all-gather", ARRAY, (0, 1, 2, 3), 24),
        ("reduce-scatter", ARRAY, (0, 1, 2, 3), 24),
        ("all-reduce", 8 * 128 * 4 + 64 * 4, (0, 4), 1),
        ("collective-permute", 8 * 128 * 4, (0, 4), 1),
    ]
    assert found[0].where.startswith("jit(train_step)/encoder")


def test_bytes_on_the_wire_of_a_ring():
    gather, scatter, reduce, permute = find_collectives(HLO)[0]
    assert gather.wire_bytes(8) == 24 * ARRAY * 3 / 4
    assert scatter.wire_bytes(8) == gather.wire_bytes(8)
    assert reduce.wire_bytes(8) == 2 * reduce.payload_bytes / 2
    assert permute.wire_bytes(8) == permute.payload_bytes


def test_a_loop_whose_length_is_not_told_is_named():
    text = HLO.replace("direction=LT", "direction=NE")
    found, unknown = find_collectives(text)
    assert unknown == ["body"]
    assert found[0].times == 1


def test_the_length_that_the_compiler_wrote_down_is_taken():
    text = HLO.replace("direction=LT", "direction=NE").replace(
        "body=%body",
        'body=%body, backend_config={"known_trip_count":{"n":"7"}}',
    )
    found, unknown = find_collectives(text)
    assert (found[0].times, unknown) == (7, [])


def test_a_scatter_of_its_own_is_given_what_all_gave():
    line = (
        "ENTRY %main (a: f32[8]) -> f32[2] {\n"
        "  ROOT %reduce-scatter.1 = f32[2]{0} reduce-scatter(%a), "
        "replica_groups=[1,4]<=[4], dimensions={0}, to_apply=%add\n}\n"
    )
    (found,), _ = find_collectives(line)
    assert (found.kind, found.payload_bytes) == ("reduce-scatter", 32)


def test_other_text_is_refused():
    with pytest.raises(ValueError, match="no ENTRY"):
        find_collectives("not HLO")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
