"""Mixtures of the tasks, by rate."""

# Millions of examples; a mixture's rates are these amounts.
# Source: PaLI, arXiv 2209.06794, appendix, table "Mixing ratio of each task".
PRETRAIN_RATES = {
    "text_span_corruption": 100,
    "webli_split_captioning": 1000,
    "webli_ocr": 100,
    "cc3m35l_captioning": 100,
    "vq2a_cc3m35l_vqa": 100,
    "vq2a_cc3m35l_vqg": 100,
    "openimages_object_aware_vqa": 50,
    "object_detection": 16,
}

# In percent. Ours: in a run of minutes the paper's rates leave too little for
# questions, lists, printed words and detection to be learned at all.
TINY_RATES = {
    "text_span_corruption": 3,
    "webli_split_captioning": 10,
    "webli_ocr": 15,
    "cc3m35l_captioning": 12,
    "vq2a_cc3m35l_vqa": 30,
    "vq2a_cc3m35l_vqg": 4,
    "openimages_object_aware_vqa": 14,
    "object_detection": 12,
}

# Phase 2, at 588 pixels: three tasks in equal parts.
# Source: PaLI, section 3.3 and appendix.
HIGHRES_RATES = {
    "webli_ocr": 1,
    "cc3m35l_captioning": 1,
    "vq2a_cc3m35l_vqa": 1,
}

# What each ablation leaves out; the other weights stay.
# Source: PaLI, table 6.
LEFT_OUT = {
    "split_captioning": ("webli_split_captioning",),
    "captioning": ("cc3m35l_captioning",),
    "ocr": ("webli_ocr",),
    "vqa": ("vq2a_cc3m35l_vqa",),
    "vqg": ("vq2a_cc3m35l_vqg",),
    "objects": ("openimages_object_aware_vqa", "object_detection"),
}

MIXTURES = {
    "pali_pretrain": PRETRAIN_RATES,
    "pali_highres": HIGHRES_RATES,
    "pali_tiny": TINY_RATES,
    **{
        f"pali_pretrain_without_{name}": {
            task: rate
            for task, rate in PRETRAIN_RATES.items()
            if task not in tasks
        }
        for name, tasks in LEFT_OUT.items()
    },
}
