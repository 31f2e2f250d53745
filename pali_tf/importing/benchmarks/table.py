"""The benchmarks of the paper that `pali import` reads; stdlib only.

Each is read by the module of its name, whose docstring has the layout.
"""

# {name: (what it holds, what --input is to have)}
BENCHMARKS = {
    "coco_karpathy": (
        "COCO captions, Karpathy's split",
        "folder with dataset_coco.json and train2014/, val2014/",
    ),
    "nocaps": (
        "NoCaps",
        "folder with nocaps_val_4500_captions.json and validation/",
    ),
    "textcaps": (
        "TextCaps and its printed words",
        "folder with TextCaps_0.1_*.json and train_images/",
    ),
    "vizwiz_captions": (
        "VizWiz-Captions",
        "folder with annotations/ and train/, val/, test/",
    ),
    "coco_35l": (
        "COCO captions in 35 languages",
        "folder with coco_mt_*.jsonl[.bz2] and train2014/, val2014/",
    ),
    "xm3600": (
        "Crossmodal-3600",
        "folder with captions.jsonl and images/",
    ),
    "vqav2": (
        "VQAv2",
        "folder with v2_*_questions.json, v2_*_annotations.json and images",
    ),
    "okvqa": (
        "OK-VQA",
        "folder with *_questions.json, *_annotations.json and images",
    ),
    "textvqa": (
        "TextVQA and its printed words",
        "folder with TextVQA_0.5.1_*.json and train_images/",
    ),
    "vizwiz_vqa": (
        "VizWiz-QA",
        "folder with Annotations/ and train/, val/, test/",
    ),
    "stvqa": (
        "ST-VQA, task 3",
        "folder with {train,test}_task_3.json and images",
    ),
    "tallyqa": (
        "TallyQA",
        "folder with {train,test}.json and VG_100K/, train2014/",
    ),
    "xgqa": (
        "xGQA",
        "folder with testdev_balanced_questions_*.json and images/",
    ),
    "maxm": ("MaXM", "folder with maxm_v1_*.json and images/"),
    "vqav2_13l": (
        "VQAv2 with translations of yours, --field=translations=FILE.jsonl",
        "as for vqav2",
    ),
    "imagenet": (
        "ImageNet, -V2, -R, -A, -Sketch",
        "folder of class folders; LOC_synset_mapping.txt in it or above",
    ),
    "objectnet": (
        "ObjectNet's classes that ImageNet has",
        "folder with images/ and mappings/",
    ),
    "xnli": (
        "XNLI; MultiNLI to train on",
        "folder with xnli.{dev,test}.tsv or multinli_1.0_train.txt",
    ),
    "xquad": (
        "XQuAD; SQuAD to train on",
        "folder with xquad.*.json or {train,dev}-v1.1.json",
    ),
    "tydiqa_goldp": (
        "TyDiQA-GoldP",
        "folder with tydiqa-goldp-v1.1-{train,dev}.json",
    ),
}
