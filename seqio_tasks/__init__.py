"""PaLI's tasks and mixtures, registered with SeqIO when imported."""

# A task's id is its place in this order: the paper's eight come first.
from seqio_tasks import pretraining as pretraining  # isort: skip
from seqio_tasks import captioning as captioning
from seqio_tasks import classification as classification
from seqio_tasks import mixtures as mixtures
from seqio_tasks import text as text
from seqio_tasks import vqa as vqa
