"""Tenants who mean harm, against the real control plane: what does it cost their neighbours?"""
