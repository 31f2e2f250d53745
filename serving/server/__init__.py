"""A gRPC server for exported models, on tensorflow-serving-api's stubs.

For machines where the stock tensorflow_model_server is not at hand; it answers
with the same messages and codes. It knows nothing of PaLI.
"""
