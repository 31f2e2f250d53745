"""PaLI's tasks and mixtures, registered with SeqIO when imported."""

from seqio_tasks import mixtures as mixtures
from seqio_tasks import pretraining as pretraining
