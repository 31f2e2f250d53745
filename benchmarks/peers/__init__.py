"""Our model beside Hugging Face's: same sizes, same weights, same inputs."""
